import { inflateSync } from 'node:zlib'
import * as z from 'zod'
import type { FileContent } from '../files/image-files.ts'
import { parseJson } from '../internal/parse-json.ts'
import type { ProgramLayout } from '../program/program-layout.ts'
import { readExactly } from '../program/read-fields.ts'

/** A crate that was linked into a Rust program. */
export interface AuditedCrate {
  readonly name: string
  readonly version: string
  /** `crates.io`, `git`, `local`, `registry` or another. */
  readonly source: string
  /** Indices of the crates that it needs; only of those that run. */
  readonly dependencies: readonly number[]
  /** The crate that the program was built from. */
  readonly root: boolean
}

const maxPackedBytes = 8 * 1024 * 1024
const maxAuditBytes = 32 * 1024 * 1024
const maxCrates = 50_000
const text = z.string().min(1).max(256)
const auditData = z.looseObject({
  packages: z
    .array(
      z.looseObject({
        name: text,
        version: text,
        source: text,
        kind: z.string().default('runtime'),
        dependencies: z.array(z.int().nonnegative()).max(maxCrates).default([]),
        root: z.boolean().default(false),
      }),
    )
    .max(maxCrates),
})

/**
 * Reads what `cargo auditable` wrote into a program: the section `.dep-v0` with JSON packed by zlib. Crates that
 * only the build needed are left out. `undefined` when there is none.
 *
 * @throws {SyntaxError} when it is there and broken, or above 32 MiB.
 */
export async function readAuditData(
  content: FileContent,
  { sections }: ProgramLayout,
): Promise<readonly AuditedCrate[] | undefined> {
  const section = sections.find(({ name }) => name === '.dep-v0')
  if (!section) return undefined
  if (section.size > maxPackedBytes) throw new SyntaxError('audit data of Rust that is too large')
  const packed = await readExactly(content, section.offset, section.size)
  const parsed = auditData.safeParse(parseJson(inflate(packed)))
  if (!parsed.success) throw new SyntaxError('audit data of Rust in another form')
  const all = parsed.data.packages
  const kept = new Map<number, number>()
  for (const [index, { kind }] of all.entries()) if (kind !== 'build') kept.set(index, kept.size)
  return [...kept.keys()].map((index) => {
    const { name, version, source, root, dependencies } = all[index]!
    return { name, version, source, root, dependencies: dependencies.flatMap((one) => kept.get(one) ?? []) }
  })
}

function inflate(packed: Buffer): string {
  try {
    return inflateSync(packed, { maxOutputLength: maxAuditBytes }).toString('utf8')
  } catch {
    throw new SyntaxError('audit data of Rust that cannot be unpacked')
  }
}
