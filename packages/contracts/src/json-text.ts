/** JSON that is written already. Where a document, an event and an answer carry the same resource, its text is made once. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** For whoever writes something around it without looking. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** A value as JSON. Undefined where it has none. */
export const jsonOf = (value: unknown): string | undefined => (value instanceof JsonText ? value.text : JSON.stringify(value));
