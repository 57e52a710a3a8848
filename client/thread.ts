// Two lines on purpose: the top-level await makes piscina import this file, so that an error in the door shows as itself.
const door = await import("./thread-door.ts");
export default door.work;
