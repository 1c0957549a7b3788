import type { RegistryQuirks } from './quirks/registry-quirks.ts'
import type { RegistryResponse } from './registry-response.ts'

/** Adds what the registry sends with every answer: its version, and by quirk warnings, cookies and long headers. */
export function decorateResponse(
  { headers, ...response }: RegistryResponse,
  { warnings, sessionCookies, extraHeaderBytes }: RegistryQuirks,
): RegistryResponse {
  return {
    ...response,
    headers: {
      'docker-distribution-api-version': 'registry/2.0',
      ...(warnings.length > 0 ? { warning: warnings.map((text) => `299 - "${escape(text)}"`) } : {}),
      ...(sessionCookies
        ? { 'set-cookie': ['sid=session; Path=/; HttpOnly', '_gorilla_csrf=secret; Path=/; HttpOnly'] }
        : {}),
      ...(extraHeaderBytes > 0 ? { 'x-padding': 'x'.repeat(extraHeaderBytes) } : {}),
      ...headers,
    },
  }
}

function escape(text: string): string {
  return text.replaceAll(/["\\]/g, String.raw`\$&`)
}
