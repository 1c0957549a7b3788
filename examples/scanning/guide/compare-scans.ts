import { diffFindings } from '@sallyport/scan'
import type { ScannedImage } from './scan-image.ts'

/** What changed between two scans, and whether somebody should look at it. */
export function compareScans(
  before: ScannedImage,
  after: ScannedImage,
): { readonly lines: readonly string[]; readonly suspicious: boolean } {
  const stateOf = ({ inventory: { packages }, scan: { findings } }: ScannedImage) => ({ findings, packages })
  const { added, gone, changed, suspicious } = diffFindings(stateOf(before), stateOf(after))
  return {
    suspicious,
    lines: [
      ...added.map(
        ({
          finding: {
            id,
            package: { name },
          },
          reason,
        }) => `new: ${id} in ${name}: ${reason}`,
      ),
      ...gone.map(
        ({
          finding: {
            id,
            package: { name },
          },
          reason,
        }) => `gone: ${id} in ${name}: ${reason}`,
      ),
      ...changed.map(
        ({
          after: {
            id,
            package: { name },
          },
          fields,
        }) => `changed: ${id} in ${name}: ${fields.join(', ')}`,
      ),
    ],
  }
}
