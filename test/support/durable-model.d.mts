export function hashOf(model: Float64Array): string;
export function replayed(numbers: number, participantsOfRounds: readonly (readonly string[])[]): string;
