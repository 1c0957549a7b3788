import { digestOf, isSallyportError, parseDigest } from '@sallyport/core'

console.log(digestOf('hello')) // sha256:2cf24dba…
try {
  parseDigest('sha256:short')
} catch (error) {
  if (isSallyportError(error) && error.code === 'DIGEST_INVALID') console.log(error.message)
}
