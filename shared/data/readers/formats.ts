/** The formats of a client's files. */
export const formats = ["csv", "tsv", "ndjson", "parquet", "idx", "npy", "npz", "svmlight"] as const;
export type Format = (typeof formats)[number];
