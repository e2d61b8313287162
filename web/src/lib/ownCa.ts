// A box with a certificate of its own making; stations don't trust it by themselves.
import { onMounted, ref, type Ref } from 'vue'

/** The command that fetches its certificate. */
export const fetchOwnCa = `curl -k -o ca.pem ${location.origin}/ca.pem`

export function useOwnCa(): Readonly<Ref<boolean>> {
  const has = ref(false)
  onMounted(async () => {
    if (location.protocol === 'https:') has.value = await fetch('/ca.pem').then((answer) => answer.ok, () => false)
  })
  return has
}
