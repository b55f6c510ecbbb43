internal import CPlatform
internal import Glibc

/// The body of a worker's thread: one event loop until it is told to drain or stop. No frame keeps the first generation
/// alive once the worker went on to the next one.
///
/// - Parameters:
///   - link: what the control thread and the worker share.
///   - listeners: listening sockets of the worker's own; it closes them.
///   - first: the generation to begin on.
package func runWorker(
    link: WorkerLink,
    listeners: [WorkerListener],
    first: consuming Generation,
    settings: WorkerSettings
) {
    let epoll = apic_epoll_make()
    guard epoll >= 0 else { preconditionFailure("the system gives no epoll instance: errno \(-epoll)") }
    defer { close(epoll) }
    let descriptorCount = Int(min(apic_descriptor_limit(), UInt64(Limits.descriptorMax)))
    link.reportServing(first)
    apic_time_precisely()
    var worker = Worker(
        link: link,
        listeners: listeners,
        first: first,
        settings: settings,
        rates: settings.rates,
        epoll: epoll,
        descriptorCount: descriptorCount
    )
    worker.begin()
    worker.run()
}
