// Before what was typed and not saved is left, the question whether it may go: on the way to another page, and when the tab is closed.
import { onBeforeUnmount, onMounted } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { i18n } from '../i18n'
import { isSure } from './notify'

/** To be called in a page's own setup, or in that of a component which lives as long as its page. */
export function guardUnsaved(unsaved: () => boolean): void {
  const { t } = i18n.global
  const beforeUnload = (event: BeforeUnloadEvent): void => {
    if (unsaved()) event.preventDefault()
  }
  onBeforeRouteLeave(async (to) => {
    // Whose session ended cannot save any more.
    if (to.name === 'login' || !unsaved()) return true
    return isSure(t('common.leave'), t('common.leaveTitle'), t('common.leaveYes'), { no: t('common.stay') })
  })
  onMounted(() => window.addEventListener('beforeunload', beforeUnload))
  onBeforeUnmount(() => window.removeEventListener('beforeunload', beforeUnload))
}
