/** The part of the WebAssembly API that Tributary uses. It is declared in TypeScript's DOM library only, which has no place on Node. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum: number; readonly shared: true });
    readonly buffer: ArrayBufferLike;
    /** Adds pages of 64 KiB and returns how many there were. Throws RangeError beyond the maximum. */
    grow(pages: number): number;
  }
  interface Module {
    readonly __brand: "WebAssembly.Module";
  }
  const Module: new (bytes: Uint8Array) => Module;
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
