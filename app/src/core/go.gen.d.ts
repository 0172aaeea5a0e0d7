/** Go's support for browsers: puts `Go` in place. The build copies it from the
 *  Go that builds the core (`build/core.ts`). */
export {}
