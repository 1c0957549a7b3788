import { CoreError } from './errors.ts'

/** The platform of an image (OCI image specification, image-index.md, "platform"). */
export interface Platform {
  /** Operating system as Go names it, e.g. `linux`. */
  readonly os: string
  /** Processor as Go names it, e.g. `amd64` or `arm64`. */
  readonly architecture: string
  /** Variant of the processor, e.g. `v7` of `arm`. */
  readonly variant?: string | undefined
  /** Version of the operating system; Windows images need one. */
  readonly 'os.version'?: string | undefined
  /** What the operating system must have, e.g. `win32k`. */
  readonly 'os.features'?: readonly string[] | undefined
}

/** Writes a platform as `os/architecture[/variant]`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`
}

/**
 * Reads `os/architecture[/variant]`.
 *
 * @throws {CoreError} `PLATFORM_INVALID` when the text has another form.
 */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split('/')
  const parts = [os, architecture, ...(variant === undefined ? [] : [variant])]
  if (
    rest.length > 0 ||
    !os ||
    !architecture ||
    !parts.every((part) => part && /^[a-z0-9_.-]+$/i.test(part))
  ) {
    throw new CoreError(
      'PLATFORM_INVALID',
      `expected os/architecture[/variant], got ${JSON.stringify(text.slice(0, 80))}`,
    )
  }
  return variant === undefined ? { os, architecture } : { os, architecture, variant }
}
