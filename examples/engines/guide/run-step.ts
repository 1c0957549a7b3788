import type {
  Attestation,
  Gate,
  PassedPreparation,
  Preparation,
  PromotionRequest,
  Resolution,
  Verification,
} from '@sallyport/gate'
import {
  attestPromotion,
  preparePromotion,
  publishPromotion,
  recordPromotion,
  recordRefusal,
  resolvePromotion,
  verifyPromotion,
} from '@sallyport/gate'

/** What the steps hand on: the request, and what each of them returned. A few kilobytes of JSON. */
export interface StepState {
  readonly request: PromotionRequest
  readonly resolution?: Resolution
  readonly preparation?: Preparation
  readonly attestation?: Attestation
  readonly verification?: Verification
}

/** What a step comes to, and the step that follows; `end` after the last. */
export interface StepEnd {
  readonly state: StepState
  readonly next: string
}

/** Runs one step by its name, in a process of its own. Running it again leaves the same behind. */
export async function runStep({ context }: Gate, step: string, state: StepState): Promise<StepEnd> {
  const { request } = state
  if (step === 'resolve') {
    const resolution = await resolvePromotion(context, request)
    return { state: { ...state, resolution }, next: resolution.unchanged ? 'end' : 'prepare' }
  }
  const resolution = need(state.resolution)
  if (step === 'prepare') {
    const preparation = await preparePromotion(context, request, resolution)
    return { state: { ...state, preparation }, next: preparation.verdict === 'pass' ? 'attest' : 'refuse' }
  }
  if (step === 'refuse') {
    await recordRefusal(context, resolution, need(state.preparation))
    return { state, next: 'end' }
  }
  const preparation = passed(state.preparation)
  switch (step) {
    case 'attest': {
      const attestation = await attestPromotion(context, request, resolution, preparation)
      return { state: { ...state, attestation }, next: 'verify' }
    }
    case 'verify': {
      const attestation = need(state.attestation)
      const verification = await verifyPromotion(context, request, resolution, preparation, attestation)
      return { state: { ...state, verification }, next: 'publish' }
    }
    case 'publish':
      await publishPromotion(context, request, resolution, preparation, need(state.verification))
      return { state, next: 'record' }
    case 'record':
      await recordPromotion(context, request, resolution, preparation, need(state.verification))
      return { state, next: 'end' }
    default:
      throw new Error(`no step is called ${step}`)
  }
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the step before has not run')
  return value
}

function passed(preparation: Preparation | undefined): PassedPreparation {
  const value = need(preparation)
  if (value.verdict !== 'pass') throw new Error(`the image did not pass: ${value.verdict}`)
  return value
}
