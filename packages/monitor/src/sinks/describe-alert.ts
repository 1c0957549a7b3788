import { isIP } from 'node:net'
import type { Alert } from '../alert/alert.ts'
import type { EventActor } from '../event/registry-event.ts'

/** Where it happened, as a reference. */
export function placeOf({
  registry,
  repository,
  tag,
  digest,
}: Pick<Alert, 'registry' | 'repository' | 'tag' | 'digest'>): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** Who did it, in words. */
export function describeActor({ name, kind, address }: EventActor): string {
  const who = name === undefined ? kind : `${name} (${kind})`
  return address === undefined ? who : `${who} from ${address}`
}

/** The IP address in what a source told, which may have a port; `undefined` when there is none. */
export function ipOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const bare = address.replace(/^\[([^\]]*)\](?::\d{1,5})?$/, '$1')
  if (isIP(bare) !== 0) return bare
  const withoutPort = bare.replace(/:\d{1,5}$/, '')
  return isIP(withoutPort) === 4 ? withoutPort : undefined
}
