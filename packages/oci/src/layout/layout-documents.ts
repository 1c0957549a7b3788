import type { OciError } from '../errors.ts'

/** Largest `index.json` that is read. */
export const maxIndexBytes: number = 8 * 1024 * 1024

/** `index.json` of a layout without images. */
export const emptyIndexText =
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'

/** `oci-layout` (OCI image specification, image-layout.md). */
export const layoutFileText = '{"imageLayoutVersion":"1.0.0"}'

/** Checks the text of an `oci-layout` file; throws what `fail` makes. */
export function checkLayoutVersion(text: string, fail: (reason: string, cause?: unknown) => OciError): void {
  let version: unknown
  try {
    version = (JSON.parse(text) as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion
  } catch (cause) {
    throw fail('its oci-layout file is not JSON', cause)
  }
  if (version !== '1.0.0') throw fail('expected imageLayoutVersion 1.0.0')
}
