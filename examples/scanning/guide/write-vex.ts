import { type OpenVexDocument, vexOfChange, writeOpenVex } from '@sallyport/scan'
import type { ScannedImage } from './scan-image.ts'

/** Says of a changed image what the change took away. */
export function writeVex(before: ScannedImage, after: ScannedImage, repository: string): OpenVexDocument {
  const statements = vexOfChange({
    before: before.scan.findings,
    after: after.scan.findings,
    packages: after.inventory.packages,
  })
  const { subject } = after.inventory
  return writeOpenVex({ subject, repository, author: 'my gate', timestamp: new Date(), statements })
}
