/**
 * Patterns of the catalogue, which are written as Python writes them, run safely on a phone.
 *
 * The server takes only a small part of the language (domain/kit/patterns.py): characters and classes with counts, plain
 * groups, alternatives, at most three open counts. That part cannot run away and means the same here once three things
 * are turned over: `(?P<name>` loses its P, a dot means "all but a line feed" alone (JavaScript leaves out four
 * characters), and an escaped sign that JavaScript does not let escape stands for itself. Python matches with ASCII
 * classes, which `\d` and `\w` are here anyhow. Whatever else is in a pattern makes it one that cannot be read.
 * A pattern always has to match the whole text.
 */

const LONGEST = 160;
const OPEN_COUNTS = 3;
const CHOICES = 6;

// 1: an escaped sign or a dot, 2: an open count, 3: "?" or "|", 4: the name of a group
const TOKEN = new RegExp(
  String.raw`(?:\\[dw]|(\\[^A-Za-z0-9\s]|\.)|\[\^?(?:[\w./ #:+]|-(?!-))+\]|[\w :;,/#"'=@&!%<>~-])` +
    String.raw`(?:([+*]|\{\d\d?,\d\d?\})|\{\d\d?\}|(\?))?` +
    String.raw`|\((?:\?P<(serial|model)>|\?:)?|\)(\?)?|(\|)`,
  "uy",
);

/** The pattern as it runs here, for whole texts, or null where it is none that the catalogue may hold. */
export function pattern(written: string): RegExp | null {
  if (written.length > LONGEST) return null;
  let source = "";
  let open = 0;
  let choices = 0;
  const names: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < written.length) {
    const token = TOKEN.exec(written);
    if (!token) return null;
    const [text, sign, count, maybe, name, groupMaybe, either] = token;
    if (count) open += 1;
    if (maybe || groupMaybe || either) choices += 1;
    if (name && names.push(name) && names.indexOf(name) < names.length - 1) return null;
    source += name ? `(?<${name}>` : sign ? literal(sign) + text.slice(sign.length) : text;
  }
  if (open > OPEN_COUNTS || choices > CHOICES) return null;
  try {
    new RegExp(source, "u"); // alone, so that brackets which close nothing do not close those around it
    return new RegExp(`^(?:${source})$`, "u");
  } catch {
    return null;
  }
}

function literal(sign: string): string {
  if (sign === ".") return "[^\\n]";
  return /^\\[$()*+./?[\\\]^{|}]$/.test(sign) ? sign : sign.slice(1);
}
