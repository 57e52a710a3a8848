/** Why a port cannot be had, and what to do. */
export function whyNotListening({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "another process listens there: stop it, or choose another port";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address (EADDRNOTAVAIL): 0.0.0.0 is all it has";
  if (code === "EACCES") return "this user may not (EACCES): choose a port from 1024 on";
  return code ?? message;
}
