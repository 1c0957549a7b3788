import type { RequestListener } from 'node:http'
import type { QuarantineStore } from '@sallyport/gate'
import { createReviewConsole, type ReviewApproval } from '@sallyport/gate/console'

/** The console below `/review` of a platform that knows by itself who sends a request. */
export function mountConsole(
  quarantine: QuarantineStore,
  approval: ReviewApproval,
  whoIs: (cookies: string) => Promise<string | undefined>,
): RequestListener {
  const review = createReviewConsole({
    quarantine,
    approval,
    prefix: '/review',
    origins: ['https://platform.example'],
    signIn: { authenticate: (request) => whoIs(request.headers.get('cookie') ?? '') },
    onEvent: (event) => console.log(event.type),
  })
  return review.node
}
