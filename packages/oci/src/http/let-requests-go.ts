import type { Dispatcher } from 'undici'

type Controller = Dispatcher.DispatchController
type Handler = Dispatcher.DispatchHandler
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never

/**
 * Interceptor that cuts a request off from its handler once it has ended. The handlers of undici assign a function that
 * leads to their request to a property. V8 puts such a function into the old generation from the start, where it keeps
 * the request, its answer and all that listens to it until the whole heap is collected: kilobytes of each small request.
 */
export const letRequestsGo: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, new LeavingHandler(handler))

/** What a handler sees of its request. */
class Leash implements Controller {
  #request: Controller | undefined
  constructor(request: Controller) {
    this.#request = request
  }
  get aborted(): boolean {
    return this.#request?.aborted ?? false
  }
  get paused(): boolean {
    return this.#request?.paused ?? false
  }
  get reason(): Error | null {
    return this.#request?.reason ?? null
  }
  get rawHeaders(): NonNullable<Controller['rawHeaders']> | null {
    return this.#request?.rawHeaders ?? null
  }
  get rawTrailers(): NonNullable<Controller['rawTrailers']> | null {
    return this.#request?.rawTrailers ?? null
  }
  abort(reason: Error): void {
    this.#request?.abort(reason)
  }
  pause(): void {
    this.#request?.pause()
  }
  resume(): void {
    this.#request?.resume()
  }
  letGo(): void {
    this.#request = undefined
  }
}

class LeavingHandler implements Handler {
  readonly #handler: Handler
  #leash: Leash | undefined
  constructor(handler: Handler) {
    this.#handler = handler
  }
  onRequestStart(request: Controller, context: unknown): void {
    this.#leash = new Leash(request)
    this.#handler.onRequestStart?.(this.#leash, context)
  }
  onRequestUpgrade(...answer: Parameters<NonNullable<Handler['onRequestUpgrade']>>): void {
    this.#handler.onRequestUpgrade?.(...answer)
  }
  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk)
  }
  onRequestSent(): void {
    this.#handler.onRequestSent?.()
  }
  onResponseStarted(): void {
    this.#handler.onResponseStarted?.()
  }
  /** The body of the answer keeps what it is given here. */
  onResponseStart(
    request: Controller,
    ...answer: Tail<Parameters<NonNullable<Handler['onResponseStart']>>>
  ): void {
    this.#handler.onResponseStart?.(this.#leash ?? request, ...answer)
  }
  onResponseData(request: Controller, chunk: Buffer): void {
    this.#handler.onResponseData?.(request, chunk)
  }
  onResponseEnd(...answer: Parameters<NonNullable<Handler['onResponseEnd']>>): void {
    this.#leash?.letGo()
    this.#handler.onResponseEnd?.(...answer)
  }
  onResponseError(request: Controller, error: Error): void {
    this.#leash?.letGo()
    this.#handler.onResponseError?.(request, error)
  }
}
