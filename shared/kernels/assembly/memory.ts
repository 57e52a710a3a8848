/** The first address behind the module's own constants: where a heap may begin. */
export function heapBase(): usize {
  return __heap_base;
}
