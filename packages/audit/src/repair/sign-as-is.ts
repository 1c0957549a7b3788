import { createAttacher, type Signer } from '@sallyport/attest'
import { describeBackfill } from './describe-backfill.ts'
import { findMoved, type RepairContext, repositoryOf, tagMoved } from './repair-context.ts'
import type { ImageAction } from './repair-plan.ts'
import type { RepairStep } from './repair-report.ts'

/** Annotation of the signature of an image that was signed as it was found. */
const originAnnotation = { 'dev.sallyport.origin': 'backfill' }

/** What {@link signAsIs} works with. */
export interface SignAsIsContext extends RepairContext {
  readonly backfillSigner?: Signer | undefined
}

/** Signs an image as it is, and says in a statement that nobody judged it. Doing it again changes nothing. */
export async function signAsIs(
  context: SignAsIsContext,
  action: ImageAction,
): Promise<readonly RepairStep[]> {
  const { gate, plan, backfillSigner: signer, dryRun, signal } = context
  const { digest } = action
  if (!signer) {
    return [{ result: 'refused', code: 'NO_SIGNER', message: 'nobody signs it: give a backfillSigner' }]
  }
  const repository = repositoryOf(context, action)
  const { moved, gone } = await findMoved(repository, action, signal)
  const changed = [...moved, ...gone.map((tag) => tagMoved(action, tag, undefined))]
  if (changed.length > 0) return changed
  const found = await repository.findManifest(digest, { signal })
  if (!found)
    return [{ result: 'refused', code: 'IMAGE_GONE', message: `${repository.name}@${digest} is gone` }]
  if (dryRun) return [{ result: 'would', message: `signs it as it is, by ${signer.keyId}`, digest }]

  const subject = found.descriptor
  const attacher = createAttacher(repository, {
    mode: gate.evidenceMode,
    settleMs: gate.settleMs,
    createdAt: gate.clock.now(),
    signal,
  })
  // The statement first: no signature is ever seen without it.
  const [statement] = await attacher.attach([{ subject, statement: describeBackfill(action, plan), signer }])
  const [signature] = await attacher.attach([
    { subject, reference: repository.name, annotations: originAnnotation, signer },
  ])
  await attacher.settle()
  const isNew = statement!.written || signature!.written
  return [
    isNew
      ? { result: 'done', message: `signed as it is, by ${signer.keyId}`, digest }
      : { result: 'already', message: `was signed as it is, by ${signer.keyId}`, digest },
  ]
}
