import { isDigest } from '@sallyport/core'
import { isTag, parseReference } from '@sallyport/oci'
import { z } from 'zod'
import { auditClasses } from '../audit-class.ts'

const digest = z.custom<`sha256:${string}`>(isDigest, 'expected a digest')
const kind = z.enum(['promote', 'attest', 'sign', 'retire', 'delete', 'ask'])
const text = z.string().max(2000)
const auditClass = z.enum(auditClasses)

const action = z
  .strictObject({
    kind,
    planned: kind,
    registry: text,
    repository: text,
    digest: digest.optional(),
    tags: z.array(z.string()),
    tier: text.optional(),
    from: text.optional(),
    quarantine: text.optional(),
    covers: z.array(digest).optional(),
    class: auditClass,
    problems: z.array(z.strictObject({ class: auditClass, message: text })).max(10),
    reason: text,
    urgency: z.number().int().nonnegative(),
    running: z.array(text).max(5).optional(),
    runningCount: z.number().int().nonnegative().optional(),
    seal: digest,
  })
  .superRefine((value, context) => {
    const fail = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    // What nothing is done about may have any name.
    if (value.planned === 'ask') return
    if (value.digest === undefined) fail('digest', 'expected a digest')
    if (!value.tags.every(isTag)) fail('tags', 'expected tags')
    if (!isReference(`${value.registry}/${value.repository}`, false))
      fail('repository', 'expected a repository')
    const needsGate = value.planned === 'promote' || value.planned === 'attest'
    if (needsGate && value.tier === undefined) fail('tier', 'expected a tier')
    if (needsGate && value.tags.length === 0) fail('tags', 'expected a tag')
    if (value.planned === 'promote' && !isReference(value.from, true))
      fail('from', 'expected registry/repository@digest')
    if (value.quarantine !== undefined && !isReference(value.quarantine, false))
      fail('quarantine', 'expected registry/repository')
  })

/** A repair plan as it is written. */
export const repairPlanSchema = z.strictObject({
  schema: z.literal('https://sallyport.dev/schemas/repair-plan/v1'),
  digest,
  audit: text,
  createdAt: z.iso.datetime(),
  omitted: z.number().int().nonnegative(),
  actions: z.array(action).max(100_000),
})

function isReference(name: string | undefined, withDigest: boolean): boolean {
  try {
    const reference = parseReference(name ?? '')
    return reference.tag === undefined && (reference.digest !== undefined) === withDigest
  } catch {
    return false
  }
}
