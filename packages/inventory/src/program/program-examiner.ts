import { type ContentSums, hashContent } from '../content-sums.ts'
import type { FileCandidate, FileExaminer } from '../files/image-files.ts'
import type { GoBuildInfo } from '../golang/parse-build-info.ts'
import { readGoBuildInfo } from '../golang/read-build-info.ts'
import { type AuditedCrate, readAuditData } from '../rust/read-audit-data.ts'
import { endsAsZip } from './ends-as-zip.ts'
import { readLayout } from './read-layout.ts'

/** What a program tells of what it was built from. */
export interface ProgramFacts {
  readonly go?: GoBuildInfo | undefined
  readonly crates?: readonly AuditedCrate[] | undefined
  /** Why something of it could not be read. */
  readonly unread?: string | undefined
  /** Of the whole file, where packages were found in it. */
  readonly sums?: ContentSums | undefined
}

/** Smaller files hold no program of Go, and none of Rust that was audited. */
const minProgramBytes = 64 * 1024
const programName = /\.(?:so(?:\.[\w.]+)?|dylib|node|exe|dll|pex|pyz)$/i
/** Archives that are read by their names, executable or not, or that nothing runs. */
const archiveName = /\.(?:jar|war|ear|par|sar|nar|kar|jpi|hpi|lpkg|egg|whl|zip)$/i

/** Whether this may be a program or library: by its mode, or by its name where it need not be executable. */
export function isProgramCandidate({ path, mode, size }: FileCandidate): boolean {
  if (size < minProgramBytes || archiveName.test(path)) return false
  return (mode & 0o111) !== 0 || programName.test(path)
}

/** Takes out of a program what its linker wrote into it. Reads its headers and these sections alone. */
export const programExaminer: FileExaminer<ProgramFacts> = {
  name: 'program',
  version: 3,
  selects: isProgramCandidate,
  examine: async (content, { signal }) => {
    const programs = await readLayout(content)
    if (programs.length === 0 && (await endsAsZip(content))) {
      return { unread: 'a zip archive that is run as a program, such as a pex: what is in it is not read' }
    }
    for (const { content: program, layout } of programs) {
      if (layout.packedBy !== undefined) {
        return { unread: `packed by ${layout.packedBy}: what was linked into it is not read` }
      }
      const go = await readGoBuildInfo(program, layout, signal)
      const crates = await readAuditData(program, layout)
      if (!go && !crates) continue
      const isFound = go?.kind === 'found' || crates !== undefined
      return {
        go: go?.kind === 'found' ? go.info : undefined,
        crates,
        unread: go?.kind === 'legacy' ? 'build information of a Go before 1.18 that is not read' : undefined,
        sums: isFound ? await hashContent(content, { signal }) : undefined,
      }
    }
    return undefined
  },
}
