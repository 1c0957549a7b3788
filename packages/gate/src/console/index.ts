export type { ConsoleEvent } from './console-event.ts'
export type {
  ReviewApproval,
  ReviewConsoleOptions,
  ReviewerSignIn,
  ReviewerToken,
} from './console-options.ts'
export { createReviewConsole, type ReviewConsole } from './create-review-console.ts'
export { type ListeningConsole, listenReviewConsole, type ListenOptions } from './listen-review-console.ts'
