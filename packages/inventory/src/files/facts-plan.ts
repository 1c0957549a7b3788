import { digestHex, digestOf } from '@sallyport/core'
import { isReleaseFile, releaseFilesVersion } from '../distro/detect-distro.ts'
import type { PackageReader } from '../reader.ts'
import type { FileCandidate, FileExaminer } from './image-files.ts'

/** What is taken out of a file while it passes by. */
export interface FileWish {
  /** Whether the whole content is kept. */
  readonly keep: boolean
  readonly examiners: readonly FileExaminer[]
}

/** What is taken out of layers for a set of readers. */
export interface FactsPlan {
  /** Differs between plans that take different things. */
  readonly id: string
  /** `undefined` for a file that nobody wants to see. */
  wishFor(file: FileCandidate): FileWish | undefined
}

const keepOnly: FileWish = { keep: true, examiners: [] }

/** Plans what these readers, and the detection of the distribution, need of a layer. */
export function createFactsPlan(readers: readonly PackageReader[]): FactsPlan {
  const selecting = readers.filter((reader) => reader.selects !== undefined)
  const examiners = readers.flatMap((reader) => reader.examiners ?? [])
  return {
    id: digestHex(
      digestOf(
        JSON.stringify([
          releaseFilesVersion,
          readers.map(({ name, version }) => [name, version]),
          examiners.map(({ name, version }) => [name, version]),
        ]),
      ),
    ),
    wishFor(file) {
      const keep = isReleaseFile(file) || selecting.some((reader) => reader.selects?.(file) === true)
      const wanting = examiners.filter((examiner) => examiner.selects(file))
      if (wanting.length > 0) return { keep, examiners: wanting }
      return keep ? keepOnly : undefined
    },
  }
}
