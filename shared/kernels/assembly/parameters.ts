/** Word `at` of a block of i32 parameters. */
@inline export function word(params: usize, at: usize): i32 { return load<i32>(params + (at << 2)); }
