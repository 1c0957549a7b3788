import { findLibraryNames } from '../elf/find-strings.ts'
import type { AddEdge } from './add-edge.ts'
import type { EdgeContext } from './edge-context.ts'
import { addNamed } from './find-command.ts'

/** `ctypes.util.find_library("x")`, `dlopen("x")` of cffi, `ffi.load("x")`, `ffi_lib "x"`, `System.loadLibrary("x")`. */
const loaded =
  /\b(?:find_library|_?dlopen|loadLibrary|LoadLibrary|ffi\.load|ffi_lib|CDLL|DllImport)\b[ \t(]{0,8}(?:ffi[ \t]{0,4},[ \t]{0,4})?\[?["']([A-Za-z0-9_][\w.+-]{0,80})["']/g
const maxNames = 1_000

/** Edges of source code to libraries that it loads itself: by their file name, or by the name that is linked with. */
export function addSourceLibraries(
  { tree, libraries }: Pick<EdgeContext, 'tree' | 'libraries'>,
  text: string,
  add: AddEdge,
): void {
  const names = findLibraryNames(text).filter((name) => !name.includes('/'))
  const stems = [...text.matchAll(loaded)].map(([, name]) => name!.replace(/^lib/, ''))
  for (const name of [...new Set(names)].slice(0, maxNames)) {
    for (const folder of libraries.folders)
      if (addNamed(tree, `${folder}/${name}`, (to) => add('dlopen', false, to, name))) break
  }
  if (stems.length === 0) return
  const wanted = new Set(stems.slice(0, maxNames))
  for (const folder of libraries.folders) {
    const end = tree.resolve(folder)
    for (const { path, type } of end?.type === 'directory' ? tree.children(end.path) : []) {
      const stem = /\/lib([^/]+?)\.so(?:\.[\d.]+)?$/.exec(path)?.[1]
      if (type !== 'directory' && stem !== undefined && wanted.has(stem)) add('dlopen', false, path, stem)
    }
  }
}
