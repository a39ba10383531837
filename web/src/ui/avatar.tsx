const TONES = 6;

/** The first letter of a name, in a colour that stays the same for an id. */
export function Avatar({ id, name }: { id: string; name: string }) {
  const tone = [...id].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % TONES;
  return (
    <span class={`avatar tone-${tone}`} aria-hidden="true">
      {([...name][0] ?? "?").toUpperCase()}
    </span>
  );
}
