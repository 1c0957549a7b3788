import { markup } from '@sallyport/policy/report'
import { hiddenField, type PageSurroundings, renderConsolePage, type RenderedPage } from './console-page.ts'

/**
 * Takes a code from the fragment, which browsers send to nobody, and signs in with it. The address is cleaned first, so
 * that the code is not kept in the history.
 */
const signInScript = `
'use strict'
{
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (code) {
    history.replaceState(null, '', location.pathname + location.search)
    const form = document.getElementById('sign-in')
    form.elements.secret.value = code
    form.requestSubmit()
  }
}
`

/** The form to sign in with. */
export function renderSignInPage(
  { next, problem }: { readonly next: string; readonly problem?: string | undefined },
  surroundings: PageSurroundings,
): RenderedPage {
  return renderConsolePage(
    {
      title: problem === undefined ? 'Sign in' : 'Error: sign in',
      script: signInScript,
      body: markup`<h1>Sign in</h1>
        ${problem !== undefined && markup`<p class="problem" role="alert">${problem}</p>`}
        <form id="sign-in" class="panel narrow" method="post" action="${surroundings.links.signIn}">
          ${hiddenField('next', next)}
          <label for="secret">Your token, or a code that works once</label>
          <input
            id="secret"
            name="secret"
            type="password"
            required
            maxlength="500"
            autocomplete="current-password"
            spellcheck="false"
          />
          <button type="submit" class="main">Sign in</button>
        </form>`,
    },
    surroundings,
  )
}
