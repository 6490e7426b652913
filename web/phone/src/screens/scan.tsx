/** Scanning the machine: by live camera over the whole screen, from a photo, or by hand where nothing can be read. */

import { useEffect, useRef, useState } from "preact/hooks";
import { addPhoto, record } from "../core/store";
import { serialPatternOf } from "../parts/catalogue";
import { type Current, whereOf } from "../parts/current";
import { useSaving } from "../parts/form";
import { tell } from "../parts/frame";
import { Icon } from "../parts/icons";
import { PhotoInput } from "../parts/photo-input";
import { Trouble } from "../parts/trouble";
import { TypedScan } from "../parts/typed-scan";
import { judge, Verdict } from "../parts/verdict";
import { addressOf, leave } from "../router";
import { readFor, type ScanVerdict } from "../rules/provisional";
import { CameraProblem, CROP, type Scanning, scan as watch } from "../scanner/camera";
import { downscale, readPhoto } from "../scanner/photo";
import type { Code } from "../scanner/sightings";
import { openForm } from "../update";
import { say } from "../words/words";

/** What was read, and how; a photo is kept with the reading. */
interface Read {
  source: "camera" | "photo";
  text: string;
  symbology: string;
  photo: File | null;
}

type Way = { at: "camera" } | { at: "typed"; photo: File | null } | { at: "several"; codes: Code[]; photo: File };

export function ScanScreen({ current }: { current: Current }) {
  const { job, visit } = current;
  const up = { at: "visit", id: visit.id } as const;
  const [way, setWay] = useState<Way>({ at: "camera" });
  const [read, setRead] = useState<Read | null>(null);
  const [looking, setLooking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const saving = useSaving();
  const kept = useRef<string | null>(null);
  useEffect(openForm, []);

  const fromPhoto = async (photo: File): Promise<void> => {
    setProblem(null);
    setLooking(true);
    try {
      const codes = (await readPhoto(photo)).filter((code) => code.accepted);
      // A label often says the same in two codes: the one that names the machine of the job answers the question.
      const serials = new Set(codes.map((one) => serialIn(one)));
      const code =
        codes.find((one) => verdictOn(one) === "this-machine") ?? (serials.size === 1 ? codes[0] : undefined);
      if (code) choose(code, photo);
      else if (codes.length) setWay({ at: "several", codes, photo });
      else {
        setProblem(say("scan.photo.nothing"));
        setWay({ at: "typed", photo });
      }
    } catch {
      setProblem(say("photo.unreadable"));
    } finally {
      setLooking(false);
    }
  };
  const verdictOn = ({ text, symbology }: Pick<Code, "text" | "symbology">): ScanVerdict["verdict"] =>
    judge({ source: "camera", scanned_text: text, symbology }, job).verdict;
  const serialIn = ({ text, symbology }: Code): string | undefined =>
    readFor(
      job,
      { source: "photo", scanned_text: text, symbology },
      job.unit ? serialPatternOf(job.unit.model_id) : undefined,
    ).serial;
  // A code without a serial, say the one for the till, does not end the search: the camera looks on for a better one.
  const isPaused = read !== null && (read.photo !== null || verdictOn(read) !== "no-serial");
  const choose = (code: Code, photo: File | null): void => {
    kept.current = null;
    setRead({ source: photo ? "photo" : "camera", text: code.text, symbology: code.symbology, photo });
  };
  const keep = async (): Promise<void> => {
    if (!read) return;
    const done = await saving.run(async () => {
      // Trying again after a failure must not add the photo twice.
      if (read.photo) kept.current ??= await addPhoto(visit.id, await downscale(read.photo), "label");
      const body = {
        visit_id: visit.id,
        source: read.source,
        scanned_text: read.text,
        symbology: read.symbology,
        photo_id: kept.current,
        scanned_at: new Date().toISOString(),
      };
      await record("scan.record", body, whereOf(current));
    });
    if (!done) return;
    tell(say("saved"));
    leave(up);
  };

  if (way.at === "typed") {
    return <TypedScan current={current} photo={way.photo} note={problem} camera={() => setWay({ at: "camera" })} />;
  }
  return (
    <div class="scanner">
      <header>
        <a class="corner" href={addressOf(up)} aria-label={say("back")}>
          <Icon name="back" />
        </a>
        <h1>{say("scan.title")}</h1>
      </header>
      <main>
        {way.at === "camera" ? (
          <Live isPaused={isPaused} found={(code) => choose(code, null)} />
        ) : (
          <Several codes={way.codes} choose={(code) => choose(code, way.photo)} />
        )}
        <div class="panel">
          {looking && <p role="status">{say("scan.looking")}</p>}
          <Trouble text={problem} />
          {read ? (
            <>
              <Verdict
                found={judge({ source: read.source, scanned_text: read.text, symbology: read.symbology }, job)}
              />
              <p class="serial read">{shown(read.text)}</p>
              <Trouble text={saving.problem} />
              <div class="pair">
                <button
                  type="button"
                  class="plain"
                  onClick={() => {
                    setRead(null);
                    setWay({ at: "camera" });
                  }}
                >
                  {say("scan.again")}
                </button>
                <button type="button" class="main" onClick={keep}>
                  {say("scan.keep")}
                </button>
              </div>
            </>
          ) : (
            <div class="pair">
              <PhotoInput class="button plain" take={(photo) => void fromPhoto(photo)}>
                <Icon name="photo" /> {say("scan.photo")}
              </PhotoInput>
              <button type="button" class="plain" onClick={() => setWay({ at: "typed", photo: null })}>
                <Icon name="key" /> {say("scan.type")}
              </button>
            </div>
          )}
        </div>
      </main>
    </div>
  );
}

/** Codes carry signs that no screen shows; a blank stands for them. */
function shown(text: string): string {
  return [...text].map((sign) => (sign < " " ? " " : sign)).join("");
}

function Live({ isPaused, found }: { isPaused: boolean; found: (code: Code) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [scanning, setScanning] = useState<Scanning | null>(null);
  const [problem, setProblem] = useState<CameraProblem["code"] | null>(null);
  const [isLit, setLit] = useState(false);
  const paused = useRef(isPaused);
  paused.current = isPaused;
  useEffect(() => {
    let isOver = false;
    let under: Scanning | null = null;
    const fail = (error: unknown): void => {
      if (!isOver) setProblem(error instanceof CameraProblem ? error.code : "missing");
    };
    const told = (code: Code): void => {
      if (paused.current) return;
      navigator.vibrate?.(60);
      found(code);
    };
    if (video.current) {
      watch(video.current, told, fail).then((one) => {
        if (isOver) one.stop();
        else {
          under = one;
          setScanning(one);
        }
      }, fail);
    }
    return () => {
      isOver = true;
      under?.stop();
    };
  }, []);
  useEffect(() => {
    if (!isPaused) scanning?.again();
  }, [isPaused]);
  const [frame, setFrame] = useState({});
  useEffect(() => {
    const fit = (): void => setFrame(video.current ? frameOf(video.current) : {});
    const shown = video.current;
    shown?.addEventListener("resize", fit);
    addEventListener("resize", fit);
    return () => {
      shown?.removeEventListener("resize", fit);
      removeEventListener("resize", fit);
    };
  }, []);
  const light = async (): Promise<void> => {
    if (await scanning?.torch?.(!isLit)) setLit(!isLit);
  };
  return (
    <div class="live">
      <video ref={video} aria-label={say("scan.camera")} muted playsInline hidden={problem !== null} />
      {problem ? (
        <div class="no-camera" role="alert">
          <Icon name="photo" />
          <p>
            <strong>{say(`camera.${problem}`)}</strong>
          </p>
          <p>{say("camera.instead")}</p>
        </div>
      ) : (
        <>
          <div class="aim" aria-hidden="true" style={frame} />
          {!isPaused && <p class="aim-text">{say("scan.aim")}</p>}
          {scanning?.torch && (
            <button type="button" class="torch" aria-pressed={isLit} onClick={() => void light()}>
              <Icon name="light" /> {say("scan.light")}
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** The part of the picture that is looked at, as it lies on the screen. */
function frameOf({ videoWidth, videoHeight, clientWidth, clientHeight }: HTMLVideoElement): Record<string, string> {
  if (!videoWidth || !clientWidth) return {};
  const scale = Math.min(clientWidth / videoWidth, clientHeight / videoHeight);
  return { width: `${videoWidth * scale * CROP.width}px`, height: `${videoHeight * scale * CROP.height}px` };
}

function Several({ codes, choose }: { codes: Code[]; choose: (code: Code) => void }) {
  return (
    <div class="several">
      <p>{say("scan.several")}</p>
      <ul class="found">
        {codes.map((code) => (
          <li key={code.kind + code.text}>
            <button type="button" onClick={() => choose(code)}>
              <strong class="serial">{shown(code.text)}</strong>
              <span class="soft">{code.kind}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
