import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import type { Journal, QuarantineStore } from '@sallyport/gate'
import { createReviewConsole, type ListeningConsole, listenReviewConsole } from '@sallyport/gate/console'
import type { Policy } from '@sallyport/policy'

/** Serves the quarantine to one reviewer on this machine, and gives the link that signs him in once. */
export async function serveConsole(
  quarantine: QuarantineStore,
  journal: Journal,
  policy: Policy,
): Promise<{ readonly server: ListeningConsole; readonly link: string }> {
  const review = createReviewConsole({
    quarantine,
    journal,
    // Cookies know no ports: other programs of this machine get those of every path that they know.
    prefix: `/${randomUUID()}`,
    signIn: { tokens: [] },
    approval: {
      signer: keySigner(await readFile('reviewers.key', 'utf8')),
      terms: (tier) => policy.tiers.get(tier)?.waivers,
    },
  })
  const server = await listenReviewConsole(review)
  const code = review.issueSignInCode('Ada Lovelace')
  return { server, link: `${server.origin}${review.signInPath}#code=${code}` }
}
