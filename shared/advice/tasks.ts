/** What there may be to learn about a target. */
export const tasks = ["regression", "count", "binary", "classes", "ordinal", "survival", "ranking"] as const;
export type Task = (typeof tasks)[number];
