/** One step of an examination, and what it has found. */
export interface Finding {
  readonly check: "kit" | "name" | "proxy" | "port" | "tls" | "certificate" | "admission" | "version" | "clock" | "run";
  readonly state: "fine" | "warning" | "wrong";
  /** What was found; where it is wrong also what to do. */
  readonly message: string;
}

export const fine = (check: Finding["check"], message: string): Finding => ({ check, state: "fine", message });
export const wrong = (check: Finding["check"], message: string): Finding => ({ check, state: "wrong", message });
