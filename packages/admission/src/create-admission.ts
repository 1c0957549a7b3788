import { systemClock } from '@sallyport/core'
import type {
  Admission,
  AdmissionEvent,
  DecideOptions,
  DecideReviewOptions,
  ImageContext,
} from './admission.ts'
import type { AdmissionOptions } from './admission-options.ts'
import type { Moment } from './cache/expiring-store.ts'
import { createTally } from './count/tally.ts'
import type { AdmissionDecision } from './decision.ts'
import { type Deadline, startDeadline } from './decide/deadline.ts'
import { decideImage, type DecideImageParts } from './decide/decide-image.ts'
import { usesNamespaceLabels } from './decide/match-rules.ts'
import { AdmissionError } from './errors.ts'
import { compiledPolicy } from './policy/parse-admission-policy.ts'
import type { PullContext } from './ports/cluster-view.ts'
import { type DecidedImage, findSubject, type ReviewSubject } from './review/find-subject.ts'
import { isFields } from './review/find-pod.ts'
import { exemptionsUsed, formatResponse, isAllowed } from './review/format-response.ts'
import { readReviewRequest, type ReviewRequest } from './review/review-request.schema.ts'
import { createRevocationDesk } from './revoke/revocation-view.ts'
import { createVerificationDesk, type CredentialsOfPod } from './verify/verification-desk.ts'

/**
 * Makes an admission: decides, by a policy and over a verifier, whether images may run. It keeps verdicts in memory and
 * starts nothing by itself.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID` for a number that is none from 0 (of times and sizes: above 0), or a policy that was
 *   not made by {@link parseAdmissionPolicy}.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { clock = systemClock, elapsedMs = () => performance.now(), cluster = {}, onEvent } = options
  const policy = compiledPolicy(options.policy)
  const number = (name: string, value: number, least = 1): number => {
    if (Number.isFinite(value) && value >= least) return value
    throw new AdmissionError('OPTIONS_INVALID', `${name} is ${value}, not a number from ${least}`)
  }
  const cache = options.cache ?? {}
  const budgetMs = number('budgetMs', options.budgetMs ?? 8_000)
  const maxImages = number('maxImages', options.maxImages ?? 500)
  const now = (): Moment => ({ wall: clock.now().getTime(), elapsed: elapsedMs() })
  const tally = createTally()
  const emit = (event: AdmissionEvent): void => {
    tally.count(event)
    try {
      onEvent?.(event)
    } catch {
      // Who counts must not decide.
    }
  }
  const desk = createVerificationDesk({
    verifier: options.verifier,
    now,
    emit,
    lifetimes: {
      pass: number('cache.passTtlMs', cache.passTtlMs ?? 300_000, 0),
      fail: number('cache.failTtlMs', cache.failTtlMs ?? 30_000, 0),
      error: number('cache.errorTtlMs', cache.errorTtlMs ?? 5_000, 0),
      tag: number('cache.tagTtlMs', cache.tagTtlMs ?? 0, 0),
    },
    maxEntries: number('cache.maxEntries', cache.maxEntries ?? 10_000),
    maxBytes: number('cache.maxBytes', cache.maxBytes ?? 32 * 1024 * 1024),
    maxConcurrent: number('maxConcurrent', options.maxConcurrent ?? 16),
    maxWaiting: number('maxWaiting', options.maxWaiting ?? 1_000, 0),
    timeoutMs: number('verificationTimeoutMs', options.verificationTimeoutMs ?? 60_000),
  })
  const parts: DecideImageParts = {
    policy,
    desk,
    revocations: createRevocationDesk(options.revocations),
    now,
  }
  const asksForLabels = usesNamespaceLabels(policy.rules)

  /** Labels that nobody can tell stay unknown, which rules that need them make an error of. */
  async function labelsOf(
    namespace: string | undefined,
    deadline: Deadline,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    if (!asksForLabels || namespace === undefined || cluster.namespaceLabels === undefined) return undefined
    return deadline
      .wait(Promise.resolve(cluster.namespaceLabels(namespace, { signal: deadline.signal })))
      .catch(() => undefined)
  }

  /** Asked once for all images of a Pod, and only when a registry is asked. */
  function credentialsOf(context: PullContext, deadline: Deadline): CredentialsOfPod {
    let found: ReturnType<CredentialsOfPod> | undefined
    return () => (found ??= (async () => cluster.pullCredentials?.(context, { signal: deadline.signal }))())
  }

  async function decideOne(
    reference: string,
    context: ImageContext,
    given: {
      readonly budgetMs: number
      readonly signal: AbortSignal | undefined
      readonly isWarming: boolean
    },
  ): Promise<AdmissionDecision> {
    given.signal?.throwIfAborted()
    const started = now()
    using deadline = startDeadline(given.budgetMs, given.signal)
    const { namespace, credentials } = context
    const namespaceLabels = context.namespaceLabels ?? (await labelsOf(namespace, deadline))
    given.signal?.throwIfAborted()
    const decision = await decideImage(parts, {
      ...context,
      reference,
      namespaceLabels,
      credentials: credentials
        ? () => Promise.resolve(credentials)
        : credentialsOf({ namespace, imagePullSecrets: [] }, deadline),
      deadline,
      tagsStay: false,
      isAnywhere: given.isWarming && namespace === undefined,
      isAfterPush: given.isWarming,
    })
    if (!given.isWarming) {
      const durationMs = now().elapsed - started.elapsed
      emit({ type: 'image-decided', decision, namespace, dryRun: false, durationMs })
    }
    return decision
  }

  async function decideAll(
    request: ReviewRequest,
    subject: Extract<ReviewSubject, { readonly type: 'images' }>,
    { deadline, phase }: { readonly deadline: Deadline; readonly phase: 'mutate' | 'validate' },
  ): Promise<readonly DecidedImage[]> {
    const { namespace, dryRun } = request
    const { images, pod } = subject
    const namespaceLabels = await labelsOf(namespace, deadline)
    const credentials = credentialsOf(pullContextOf(namespace, pod.spec), deadline)
    const decisions = new Map<string, Promise<AdmissionDecision>>()
    const decide = async (reference: string): Promise<AdmissionDecision> => {
      const started = now()
      const decision = await decideImage(parts, {
        reference,
        namespace,
        namespaceLabels,
        objectLabels: pod.labels,
        credentials,
        deadline,
        tagsStay: phase === 'validate',
      })
      emit({
        type: 'image-decided',
        decision,
        namespace,
        dryRun,
        durationMs: now().elapsed - started.elapsed,
      })
      return decision
    }
    return Promise.all(
      images.map(async (image) => {
        const { reference } = image
        const decision = decisions.get(reference) ?? decide(reference)
        decisions.set(reference, decision)
        return { image, decision: await decision }
      }),
    )
  }

  return {
    decideImage: (reference, context = {}, { signal }: DecideOptions = {}) =>
      decideOne(reference, context, { budgetMs, signal, isWarming: false }),

    warm: (reference, context = {}, { signal }: DecideOptions = {}) =>
      decideOne(reference, context, {
        budgetMs: options.verificationTimeoutMs ?? 60_000,
        signal,
        isWarming: true,
      }),

    async decideReview(review, { signal, phase, budgetMs: given = budgetMs }: DecideReviewOptions) {
      signal?.throwIfAborted()
      const request = readReviewRequest(review)
      const started = now()
      using deadline = startDeadline(Math.min(given, budgetMs), signal)
      const subject = findSubject(request, policy, maxImages)
      const decided = subject.type === 'images' ? await decideAll(request, subject, { deadline, phase }) : []
      const [exemption] = exemptionsUsed({ subject, decided })
      emit({
        type: 'review-decided',
        namespace: request.namespace,
        kind: request.kind.kind,
        operation: request.operation,
        allowed: isAllowed({ subject, decided }),
        dryRun: request.dryRun,
        exemption,
        durationMs: now().elapsed - started.elapsed,
      })
      return formatResponse({ request, subject, decided, phase, policy: options.policy.digest })
    },

    stats: () => ({ ...tally.read(), cache: desk.cache, verifications: desk.verifications }),
    [Symbol.asyncDispose]: () => desk.close(),
  }
}

function pullContextOf(namespace: string | undefined, spec: Readonly<Record<string, unknown>>): PullContext {
  const { serviceAccountName: account, imagePullSecrets: secrets } = spec
  return {
    namespace,
    ...(typeof account === 'string' && { serviceAccountName: account }),
    imagePullSecrets: (Array.isArray(secrets) ? secrets.slice(0, 100) : []).flatMap((secret: unknown) =>
      isFields(secret) && typeof secret['name'] === 'string' ? secret['name'] : [],
    ),
  }
}
