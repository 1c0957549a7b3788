import { type Digest, formatReference, isDigest, type Reference } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import { isTag, parseReference, type ParseReferenceOptions } from './parse-reference.ts'

/** Where an image is: in a registry, in an OCI layout (folder or tar), or in an archive as `docker save` writes it. */
export type ImageLocator =
  | { readonly kind: 'registry'; readonly reference: Reference }
  | {
      readonly kind: 'oci'
      readonly directory: string
      readonly tag?: string | undefined
      readonly digest?: Digest | undefined
    }
  | {
      readonly kind: 'oci-archive'
      readonly file: string
      readonly tag?: string | undefined
      readonly digest?: Digest | undefined
    }
  | {
      readonly kind: 'docker-archive'
      readonly file: string
      /** Which of the archive's images, by the name it was saved under. Without a registry Docker Hub is meant. */
      readonly reference?: Reference | undefined
    }

const maxLength = 4096
const schemes = ['oci', 'oci-archive', 'docker-archive'] as const
/** Transports of other tools. Read as names they would be images that nobody meant. */
const foreign =
  /^(?:dir|docker-daemon|containers-storage|ostree|sif|tarball|[A-Za-z][A-Za-z0-9+.-]*(?=:\/\/)):/
/** `C:\` and `C:/` at the start of a path. No tag begins with a slash, so this is never a folder `C` with a tag. */
const drive = /^[A-Za-z]:[\\/]/
const digestAtEnd = /@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/**
 * Reads a place of an image as skopeo writes it:
 *
 * - `registry/repository[:tag][@digest]`, also with `docker://` before it;
 * - `oci:directory[:tag][@digest]`;
 * - `oci-archive:file[:tag][@digest]`;
 * - `docker-archive:file[:name[:tag]]`.
 *
 * A path ends at its first colon, apart from that of a drive letter (`C:\images`, `C:/images`). So a path with another
 * colon in it can't be written as a locator: it is refused, never cut. The schemes win over images of that name, for
 * which there is `docker://oci:1`.
 *
 * @throws {OciError} `REFERENCE_INVALID` when it is none of these, or a scheme of another tool.
 */
export function parseLocator(text: string, options: ParseReferenceOptions = {}): ImageLocator {
  if (text.length > maxLength) throw refused(text, `a locator has at most ${maxLength} characters`)
  if (text.startsWith('docker://')) {
    return { kind: 'registry', reference: parseReference(text.slice('docker://'.length), options) }
  }
  const kind = schemes.find((scheme) => text.startsWith(`${scheme}:`))
  if (kind === undefined) {
    if (foreign.test(text)) {
      throw refused(text, 'expected docker://, oci:, oci-archive:, docker-archive: or a name of a registry')
    }
    return { kind: 'registry', reference: parseReference(text, options) }
  }
  const rest = text.slice(kind.length + 1)
  if (kind === 'docker-archive') {
    const { path, image } = splitPath(text, rest)
    if (image === undefined) return { kind, file: path }
    if (image.includes('@')) throw refused(text, 'an image of a docker archive is named name:tag')
    return { kind, file: path, reference: parseReference(image, { defaultRegistry: 'docker.io' }) }
  }
  const digest = digestAtEnd.exec(rest)?.[1]
  const { path, image: tag } = splitPath(
    text,
    digest === undefined ? rest : rest.slice(0, -(digest.length + 1)),
  )
  if (tag !== undefined && !isTag(tag)) {
    throw refused(text, 'expected a tag after the first colon; a path with a colon in it is no locator')
  }
  const named = {
    ...(tag === undefined ? {} : { tag }),
    ...(isDigest(digest) ? { digest } : {}),
  }
  return kind === 'oci' ? { kind, directory: path, ...named } : { kind, file: path, ...named }
}

/**
 * Writes a locator as {@link parseLocator} reads it.
 *
 * @throws {OciError} `REFERENCE_INVALID` when a path can't be written, because a colon is in it.
 */
export function formatLocator(locator: ImageLocator): string {
  switch (locator.kind) {
    case 'registry':
      return `docker://${formatReference(locator.reference)}`
    case 'docker-archive': {
      const { file, reference } = locator
      return `docker-archive:${checkPath(file)}${reference === undefined ? '' : `:${formatReference(reference)}`}`
    }
    case 'oci':
      return `oci:${checkPath(locator.directory)}${nameWithin(locator)}`
    case 'oci-archive':
      return `oci-archive:${checkPath(locator.file)}${nameWithin(locator)}`
  }
}

function nameWithin({ tag, digest }: Pick<Reference, 'tag' | 'digest'>): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function splitPath(text: string, rest: string): { path: string; image: string | undefined } {
  const colon = rest.indexOf(':', drive.test(rest) ? 2 : 0)
  const path = checkPath(colon < 0 ? rest : rest.slice(0, colon), text)
  return { path, image: colon < 0 ? undefined : rest.slice(colon + 1) }
}

function checkPath(path: string, text: string = path): string {
  if (path === '') throw refused(text, 'expected a path after the scheme')
  if (path.includes('\0')) throw refused(text, 'a path has no NUL')
  if (path.includes(':', drive.test(path) ? 2 : 0)) {
    throw refused(text, 'a path with a colon in it is no locator')
  }
  // What is left of a mistyped digest must not become a folder and a tag.
  if (/@sha(?:256|512)$/.test(path)) {
    throw refused(text, 'expected a sha256 or sha512 digest in lower case after "@"')
  }
  return path
}

function refused(text: string, reason: string): OciError {
  return new OciError('REFERENCE_INVALID', `${reason}: "${printable(text, 120)}"`, {
    reference: printable(text, 120),
  })
}
