/**
 * Two checks for the compiler, where a value of the domain becomes a message and back: a field that somebody adds to the one and
 * forgets in the other does not compile.
 *
 *     const { kind, round, ...rest } = task;  nothingLeft(rest);                  every field was taken note of
 *     return defined<SumsTask>({ kind: "sums", round, batch: undefined, … });     every field is named, optional ones too
 */
export const nothingLeft = (_rest: Readonly<Record<string, never>>): void => undefined;

type Named<T> = { readonly [Key in keyof T]-?: undefined extends T[Key] ? T[Key] | undefined : T[Key] };

/** The value without its undefined fields. */
export const defined = <T extends object>(value: Named<T>): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T; // optional fields are left out, not undefined
