/** The options of a file, before it is sent. */
import type { UploadOptions } from "../api/types";
import { text } from "../text";

interface Props {
  /** Makes the ids of the fields unique. */
  id: string;
  options: UploadOptions;
  onChange: (options: UploadOptions) => void;
}

export function OptionsForm({ id, options, onChange }: Props) {
  const t = text.upload.options;
  const field = (name: keyof UploadOptions) => `${id}-${name}`;
  const set = (name: keyof UploadOptions, value: unknown) => {
    const changed = { ...options, [name]: value };
    if (value === "" || value === null || Number.isNaN(value)) delete changed[name];
    onChange(changed);
  };
  return (
    <div class="options">
      <label htmlFor={field("language")}>{t.language}</label>
      <input
        id={field("language")}
        value={options.language ?? ""}
        placeholder={t.languageHint}
        pattern="[a-z]{2,3}"
        maxLength={3}
        onInput={(event) => set("language", event.currentTarget.value.trim().toLowerCase())}
      />
      <label htmlFor={field("speakers")}>{t.speakers}</label>
      <input
        id={field("speakers")}
        type="number"
        min={1}
        max={50}
        placeholder={t.speakersHint}
        value={options.speakers ?? ""}
        onInput={(event) => set("speakers", event.currentTarget.valueAsNumber)}
      />
      <label htmlFor={field("hotwords")}>{t.hotwords}</label>
      <input
        id={field("hotwords")}
        placeholder={t.hotwordsHint}
        defaultValue={options.hotwords?.join(", ") ?? ""}
        onInput={(event) => set("hotwords", listOf(event.currentTarget.value))}
      />
      <label htmlFor={field("summary_instructions")}>{t.instructions}</label>
      <textarea
        id={field("summary_instructions")}
        rows={2}
        placeholder={t.instructionsHint}
        value={options.summary_instructions ?? ""}
        onInput={(event) => set("summary_instructions", event.currentTarget.value)}
      />
    </div>
  );
}

function listOf(words: string): string[] | null {
  const list = words.split(",").map((word) => word.trim());
  const filled = list.filter(Boolean);
  return filled.length ? filled : null;
}
