/** What went wrong, said at once to a reader of the screen too; nothing where nothing did. */

export function Trouble({ text }: { text: string | null | undefined | false }) {
  if (!text) return null;
  return (
    <p class="error" role="alert">
      {text}
    </p>
  );
}
