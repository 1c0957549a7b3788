import { openSync, readSync, fstatSync, statSync } from 'node:fs'
import { programExaminer } from '../program/program-examiner.ts'
import { runtimeExaminers } from '../program/runtime-examiners.ts'
export function contentOf(path: string) {
  const fd = openSync(path, 'r')
  const size = fstatSync(fd).size
  return {
    size,
    read: async (o: number, l: number) => {
      const b = Buffer.alloc(Math.max(0, Math.min(l, size - o)))
      const n = readSync(fd, b, 0, b.length, o)
      return b.subarray(0, n)
    },
  }
}
for (const path of process.argv.slice(2)) {
  const st = statSync(path)
  if (!st.isFile()) continue
  const node = { path, mode: st.mode, size: st.size }
  const out: unknown[] = []
  if (programExaminer.selects(node)) {
    try {
      const f = await programExaminer.examine(contentOf(path), {})
      if (f)
        out.push({ ...f, go: f.go && { ...f.go, modules: f.go.modules.length }, crates: f.crates?.length })
    } catch (e) {
      out.push(String(e))
    }
    for (const { runtime, examiner } of runtimeExaminers)
      if (examiner.selects(node)) out.push([runtime.name, await examiner.examine(contentOf(path), {})])
  }
  if (out.length) console.log(path, JSON.stringify(out))
}
