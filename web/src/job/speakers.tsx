/** Who speaks when and how much, and the names that people give. */
import { useState } from "preact/hooks";
import { answer } from "../api/client";
import { useApplication, useMayEdit } from "../app/context";
import { percent } from "../parts/amounts";
import { ErrorNotice } from "../parts/notices";
import { text } from "../text";
import { LANE_WIDTH, type Voice } from "./voices";

interface Props {
  jobId: string;
  voices: readonly Voice[];
  names: ReadonlyMap<string, string>;
  durationSeconds: number;
  onSeek: (seconds: number) => void;
  onNamed: (names: Record<string, string>) => void;
}

export function Speakers(props: Props) {
  const { api } = useApplication();
  const [known, setKnown] = useState<string[]>([]);
  const suggest = async () => {
    if (known.length) return;
    const { people } = await answer(api.GET("/v1/speakers"));
    setKnown(people.map((person) => person.name));
  };
  if (!props.voices.length) return null;
  return (
    <section class="panel" aria-labelledby="speakers-title">
      <h2 id="speakers-title">{text.job.speakers}</h2>
      <ul class="voices">
        {props.voices.map((voice) => (
          <li key={voice.id} class={`voice-${voice.number}`}>
            <SpeakerName
              jobId={props.jobId}
              id={voice.id}
              name={props.names.get(voice.id) ?? voice.id}
              onNamed={props.onNamed}
              onEdit={() => suggest().catch(() => {})}
            />
            <span class="talk">{percent(voice.share)}</span>
            <Lane voice={voice} onSeek={props.onSeek} durationSeconds={props.durationSeconds} />
          </li>
        ))}
      </ul>
      <datalist id="known-people">
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </section>
  );
}

interface LaneProps {
  voice: Voice;
  durationSeconds: number;
  onSeek: (seconds: number) => void;
}

/** A drawing that jumps where it is clicked. By keyboard, the transcript does the same. */
function Lane({ voice, durationSeconds, onSeek }: LaneProps) {
  return (
    <svg
      class="lane"
      viewBox={`0 0 ${LANE_WIDTH} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        onSeek((durationSeconds * (event.clientX - box.left)) / box.width);
      }}
    >
      <path d={voice.lane} />
    </svg>
  );
}

/** Written in place, it would be another function, and so be called again, at each rendering. */
const focus = (field: HTMLElement | null) => field?.focus();

interface NameProps {
  jobId: string;
  id: string;
  name: string;
  onEdit: () => void;
  onNamed: (names: Record<string, string>) => void;
}

function SpeakerName({ jobId, id, name, onEdit, onNamed }: NameProps) {
  const { api } = useApplication();
  const mayEdit = useMayEdit();
  const [isEditing, setEditing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [note, setNote] = useState("");
  if (!isEditing) {
    return (
      <span class="name-line">
        <span class="name">{name}</span>
        {mayEdit && (
          <button
            type="button"
            class="quiet"
            aria-label={text.job.nameOf(name)}
            onClick={() => {
              setEditing(true);
              onEdit();
            }}
          >
            {text.job.rename}
          </button>
        )}
        <output class="hint">{note}</output>
      </span>
    );
  }
  const save = async (given: string) => {
    if (!given || given === name) return setEditing(false);
    try {
      const params = { path: { job_id: jobId } };
      const body = { speaker: id, name: given };
      const naming = await answer(api.PUT("/v1/jobs/{job_id}/speakers", { params, body }));
      onNamed(naming.names as Record<string, string>);
      setNote(naming.is_remembered ? text.job.remembered : "");
      setError(null);
      setEditing(false);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <form
      class="name-line"
      onSubmit={(event) => {
        event.preventDefault();
        save(String(new FormData(event.currentTarget).get("name")).trim());
      }}
      onKeyDown={(event) => event.key === "Escape" && setEditing(false)}
    >
      <input
        name="name"
        defaultValue={/^Speaker \d+$/.test(name) ? "" : name}
        aria-label={text.job.nameOf(name)}
        placeholder={name}
        list="known-people"
        maxLength={100}
        ref={focus}
      />
      <button type="submit">{text.save}</button>
      <button type="button" onClick={() => setEditing(false)}>
        {text.keep}
      </button>
      {error != null && <ErrorNotice error={error} />}
    </form>
  );
}
