// Asks before unsaved input is lost by leaving or closing.
import { onBeforeUnmount, onMounted } from 'vue'
import { onBeforeRouteLeave, type RouteLocationNormalized } from 'vue-router'
import { i18n } from '../i18n'
import { isSure } from './notify'

/** Call it in the setup of a page, or of a component that lives as long. Returns the question, for exits that are not pages. */
export function guardUnsaved(unsaved: () => boolean, question = 'common.leave'): (to: RouteLocationNormalized) => Promise<boolean> {
  const { t } = i18n.global
  const beforeUnload = (event: BeforeUnloadEvent): void => {
    if (unsaved()) event.preventDefault()
  }
  const mayLeave = async (to: RouteLocationNormalized): Promise<boolean> => {
    // After the session's end nothing can be saved.
    if (to.name === 'login' || !unsaved()) return true
    return isSure(t(question), t('common.leaveTitle'), t('common.leaveYes'), { no: t('common.stay') })
  }
  onBeforeRouteLeave(mayLeave)
  onMounted(() => window.addEventListener('beforeunload', beforeUnload))
  onBeforeUnmount(() => window.removeEventListener('beforeunload', beforeUnload))
  return mayLeave
}
