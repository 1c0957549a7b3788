import { type Digest, isDigest } from '@sallyport/core'
import { z } from 'zod'
import { behaviourKinds } from '../behaviour-event.ts'

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const since = { since: time }
const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'no digest')
const text = z.string().min(1).max(8192)
const path = z
  .string()
  .max(8192)
  .regex(/^\/[^\0]*$/)
const kind = z.enum(behaviourKinds as readonly [(typeof behaviourKinds)[number]])
const protocol = z.enum(['tcp', 'udp', 'unix', 'sctp', 'raw', 'unknown'])
const port = z.int().min(0).max(65_535)
const names = z.union([z.literal('any'), z.array(z.string().max(8192)).max(16)])
const named = z.array(z.strictObject({ name: z.string().regex(/^\w{1,64}$/), ...since }))
const step = z.strictObject({ by: text, at: time, reason: text })

const content = {
  apiVersion: z.literal('sallyport.dev/behaviour/v1'),
  family: text,
  workload: text,
  images: z.array(digest).min(1),
  observes: z.array(kind),
  execs: z.array(
    z.strictObject({
      path,
      digests: z.array(digest),
      shapes: names,
      parents: names,
      usesNetwork: z.boolean(),
      isFromImage: z.boolean(),
      ...since,
    }),
  ),
  opens: z.array(z.strictObject({ path, writes: z.boolean(), ...since })),
  connects: z.array(z.strictObject({ protocol, peer: z.string().max(8192), port, ...since })),
  listens: z.array(z.strictObject({ protocol, address: text, port, ...since })),
  capabilities: named,
  syscalls: named,
  refused: z.array(
    z.strictObject({
      path,
      reason: z.enum(['upper-layer', 'memory', 'not-in-image', 'changed', 'entered', 'descendant']),
      ...since,
    }),
  ),
  runs: z.array(
    z.strictObject({
      id: text,
      from: time,
      to: time,
      phases: z.array(z.enum(['start', 'load', 'reload', 'probe', 'schedule', 'shutdown'])),
      events: z.int().min(0),
      gaps: z.int().min(0),
    }),
  ),
  overflow: z.array(z.enum([...behaviourKinds, 'refused', 'run'])),
}
const inheritedFrom = z.array(digest).optional()

/** Schema of a profile's document. */
export const profileSchema = z.discriminatedUnion('state', [
  z.strictObject({ ...content, state: z.literal('learning') }),
  z.strictObject({ ...content, state: z.literal('candidate'), inheritedFrom }),
  z.strictObject({ ...content, state: z.literal('approved'), inheritedFrom, approval: step }),
  z.strictObject({
    ...content,
    state: z.literal('enforced'),
    inheritedFrom,
    approval: step,
    enforcement: step,
  }),
])
