import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'

/** What the name of a resource of Artifact Registry leads to. */
export interface GarResource {
  readonly registry: string
  /** `project/repository`. */
  readonly prefix: string
  /** Name within the repository; absent when the repository as a whole is meant. */
  readonly image?: string | undefined
  readonly tag?: string | undefined
  readonly digest?: string | undefined
}

const root = /^\/*projects\/([^/]+)\/locations\/([a-z0-9-]+)\/repositories\/([^/]+)(?:\/(.+))?$/
const within =
  /^(?:dockerImages|packages)\/([^/@:]+(?:\/[^/@:]+)*?)(?:@(.+)|:([^/]+)|\/(?:versions|manifests)\/(.+)|\/tags\/([^/]+))?$/

/** Takes the name of a resource apart; its image may be written with `%2F`. */
export function parseGarResource(name: string): GarResource {
  const [, project = '', location = '', repository = '', rest] = root.exec(name) ?? []
  if (project === '') throw new EntryError(`not a repository of Artifact Registry: ${quote(name)}`)
  const place = {
    registry: `${location}-docker.pkg.dev`,
    // Projects of a domain are written `domain:project`, which a path can't have.
    prefix: `${project.replace(':', '/')}/${repository}`,
  }
  if (rest === undefined) return place
  const [, image, digest, shortTag, version, tag] = within.exec(decode(rest)) ?? []
  if (image === undefined) throw new EntryError(`not an image of Artifact Registry: ${quote(name)}`)
  return { ...place, image, digest: digest ?? version, tag: shortTag ?? tag }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new EntryError(`not an image of Artifact Registry: ${quote(text)}`)
  }
}
