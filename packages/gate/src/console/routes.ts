/** A page or an action of the console. */
export type Route =
  | { readonly page: 'list' | 'sign-in' | 'sign-out' | 'promotions' }
  | { readonly page: 'entry' | 'approve' | 'reject'; readonly id: string }
  | { readonly page: 'promotion'; readonly key: string }

const methods: Readonly<Record<Route['page'], readonly string[]>> = {
  list: ['GET', 'HEAD'],
  entry: ['GET', 'HEAD'],
  promotions: ['GET', 'HEAD'],
  promotion: ['GET', 'HEAD'],
  'sign-in': ['GET', 'HEAD', 'POST'],
  'sign-out': ['POST'],
  approve: ['POST'],
  reject: ['POST'],
}

/** Methods that a route takes. */
export const methodsOf = ({ page }: Route): readonly string[] => methods[page]

const plain: Readonly<Record<string, 'list' | 'sign-in' | 'sign-out' | 'promotions'>> = {
  '': 'list',
  '/': 'list',
  '/sign-in': 'sign-in',
  '/sign-out': 'sign-out',
  '/promotions': 'promotions',
}

/** The route of a path below the prefix; nothing is decoded, so that there is one way to write each. */
export function parseRoute(path: string): Route | undefined {
  if (Object.hasOwn(plain, path)) return { page: plain[path]! }
  const entry = /^\/entries\/([0-9a-f]{32})(?:\/(approve|reject))?$/.exec(path)
  if (entry) return { page: (entry[2] as 'approve' | 'reject' | undefined) ?? 'entry', id: entry[1]! }
  const promotion = /^\/promotions\/([0-9a-f]{64})$/.exec(path)
  return promotion ? { page: 'promotion', key: promotion[1]! } : undefined
}
