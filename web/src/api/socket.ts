// A WebSocket that notices a dead connection, and reconnects.
import { readonly, ref, type Ref } from 'vue'
import { recheckSession } from './account'

/** `blocked`: the box answers, but not by WebSocket; so it is polled. */
export type LinkState = 'connecting' | 'open' | 'blocked' | 'lost'

interface Settings {
  path: string
  /** Silence this long means lost, whatever the browser believes. */
  silenceMs: number
  /** Makes the box answer within `silenceMs`. */
  ping?: () => string
  onOpen?: () => void
  onMessage: (message: unknown) => void
  /** Polls the same, where WebSockets are blocked. */
  ask: () => Promise<unknown>
}

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000
const WATCH_MS = 2_000
const POLICY_VIOLATION = 1008
const ASK_MS = 5_000
/** In a row. */
const BLOCKED_AFTER = 2
/** Until a handshake counts as lost. */
const HANDSHAKE_MS = 8_000

export class LiveSocket {
  private socket: WebSocket | null = null
  private heardAt = 0
  private pingedAt = -Infinity
  private failures = 0
  private retryTimer = 0
  private watchTimer = 0
  private askTimer = 0
  private readonly stateRef = ref<LinkState>('connecting')
  readonly state: Readonly<Ref<LinkState>> = readonly(this.stateRef)

  constructor(private readonly settings: Settings) {}

  start(): void {
    if (this.watchTimer) return
    this.stateRef.value = 'connecting'
    this.connect()
    this.watchTimer = window.setInterval(this.watch, WATCH_MS)
    window.addEventListener('online', this.retryNow)
    window.addEventListener('offline', this.drop)
    document.addEventListener('visibilitychange', this.watch)
  }

  stop(): void {
    window.clearInterval(this.watchTimer)
    window.clearTimeout(this.retryTimer)
    this.watchTimer = 0
    window.clearInterval(this.askTimer)
    this.askTimer = 0
    window.removeEventListener('online', this.retryNow)
    window.removeEventListener('offline', this.drop)
    document.removeEventListener('visibilitychange', this.watch)
    this.detach()
  }

  send(message: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  readonly retryNow = (): void => {
    if (this.stateRef.value === 'open') return
    this.failures = 0
    this.connect()
  }

  private connect(): void {
    window.clearTimeout(this.retryTimer)
    this.detach()
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${location.host}${this.settings.path}`)
    this.socket = socket
    this.heardAt = performance.now()
    socket.onopen = () => {
      this.opened()
      this.settings.onOpen?.()
    }
    socket.onmessage = (event) => {
      // Some proxies accept a connection and drop it: only messages count as open.
      this.failures = 0
      this.stopAsking()
      this.opened()
      this.read(event.data)
    }
    socket.onclose = (event) => this.lose(event.code)
  }

  private opened(): void {
    this.heardAt = performance.now()
    if (!this.askTimer) this.stateRef.value = 'open'
  }

  private stopAsking(): void {
    window.clearInterval(this.askTimer)
    this.askTimer = 0
  }

  private readonly askNow = async (): Promise<void> => {
    try {
      const answer = await this.settings.ask()
      if (!this.askTimer) return
      this.stateRef.value = 'blocked'
      this.settings.onMessage(answer)
    } catch {
      if (this.askTimer) this.stateRef.value = 'lost'
    }
  }

  private read(data: unknown): void {
    if (typeof data !== 'string') return
    let message: unknown
    try {
      message = JSON.parse(data)
    } catch {
      return // Not ours, but the connection is alive.
    }
    this.settings.onMessage(message)
  }

  private detach(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private lose(code: number): void {
    this.detach()
    if (this.stateRef.value !== 'blocked') this.stateRef.value = 'lost'
    this.failures += 1
    if (this.failures >= BLOCKED_AFTER && !this.askTimer) {
      this.askTimer = window.setInterval(() => void this.askNow(), ASK_MS)
      void this.askNow()
    }
    // A refused handshake looks like an absent box: check the session.
    if (code === POLICY_VIOLATION || this.failures % 3 === 1) void recheckSession()
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1))
    window.clearTimeout(this.retryTimer)
    // So that not all pages reconnect at once.
    this.retryTimer = window.setTimeout(() => this.connect(), delay * (0.75 + Math.random() / 2))
  }

  private readonly drop = (): void => {
    if (this.socket) this.lose(0)
  }

  private readonly watch = (): void => {
    const socket = this.socket
    if (!socket) return
    const silent = performance.now() - this.heardAt
    const limit = socket.readyState === WebSocket.CONNECTING ? HANDSHAKE_MS : this.settings.silenceMs
    if (silent > limit) {
      this.lose(0)
      return
    }
    const { ping, silenceMs } = this.settings
    if (ping && socket.readyState === WebSocket.OPEN && performance.now() - this.pingedAt > silenceMs / 3) {
      this.pingedAt = performance.now()
      socket.send(ping())
    }
  }
}
