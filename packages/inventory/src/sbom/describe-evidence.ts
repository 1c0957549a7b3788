import type { Package, PackageType } from '../inventory.ts'

/** `evidence` of a component (CycloneDX 1.6, `componentEvidence`), as far as it is written. */
export interface ComponentEvidence {
  readonly identity: readonly {
    readonly field: 'purl'
    readonly confidence: number
    readonly concludedValue: string
    readonly methods: readonly {
      readonly technique: 'binary-analysis' | 'manifest-analysis'
      readonly confidence: number
      readonly value: string
    }[]
  }[]
  readonly occurrences: readonly { readonly location: string }[]
}

/** Types that are read out of programs. */
const inPrograms: ReadonlySet<PackageType> = new Set(['golang', 'cargo', 'generic'])

/** Says how and where a package was found. */
export function describeEvidence({ type, purl, evidence }: Package): ComponentEvidence {
  return {
    identity: [
      {
        field: 'purl',
        // It is what the image itself records; nothing is inferred.
        confidence: 1,
        concludedValue: purl,
        methods: [
          {
            technique: inPrograms.has(type) ? 'binary-analysis' : 'manifest-analysis',
            confidence: 1,
            value: evidence.method,
          },
        ],
      },
    ],
    occurrences: [{ location: evidence.path }],
  }
}
