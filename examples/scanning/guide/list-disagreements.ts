import type { MergedScan } from '@sallyport/scan'

/** What scanners say differently of the same vulnerability in the same package. */
export function listDisagreements({ disagreements = [] }: MergedScan): readonly string[] {
  return disagreements.map(({ kind, id, purl, said }) =>
    [`${kind}: ${id} in ${purl}`, ...said.map(({ scanner, value }) => `${scanner}: ${value}`)].join('; '),
  )
}
