// Before what was typed and not saved is left, the question whether it may go: on the way to another page, and when the tab is closed.
import { onBeforeUnmount, onMounted } from 'vue'
import { onBeforeRouteLeave, type RouteLocationNormalized } from 'vue-router'
import { i18n } from '../i18n'
import { isSure } from './notify'

/**
 * To be called in a page's own setup, or in that of a component which lives as long as its page. Answers the question itself, for ways out
 * that are no other page. `question`: what is asked, where it is not about changes in general.
 */
export function guardUnsaved(unsaved: () => boolean, question = 'common.leave'): (to: RouteLocationNormalized) => Promise<boolean> {
  const { t } = i18n.global
  const beforeUnload = (event: BeforeUnloadEvent): void => {
    if (unsaved()) event.preventDefault()
  }
  const mayLeave = async (to: RouteLocationNormalized): Promise<boolean> => {
    // Whose session ended cannot save any more.
    if (to.name === 'login' || !unsaved()) return true
    return isSure(t(question), t('common.leaveTitle'), t('common.leaveYes'), { no: t('common.stay') })
  }
  onBeforeRouteLeave(mayLeave)
  onMounted(() => window.addEventListener('beforeunload', beforeUnload))
  onBeforeUnmount(() => window.removeEventListener('beforeunload', beforeUnload))
  return mayLeave
}
