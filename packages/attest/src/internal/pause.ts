/** Waits; aborted, it rejects with the signal's reason. */
export { defaultSleep as pause } from '@sallyport/oci/cloud'
