import GatewayTable
import TestSupport
import Testing

@Suite("Table views")
struct TableViewTests {
    private func address<Record>(_ pointer: UnsafePointer<Record>) -> UInt { UInt(bitPattern: pointer) }

    @Test("each accessor reads the section of its name")
    func accessors() throws {
        var source = RandomGateway(random: SeededRandom(seed: 7))
        let table = try LoadedTable(source.gateway(routeCount: 40))
        let view = table.view
        // Sections without records have an address, too; `pointer(0)` is not read.
        let read: [(TableSection, UInt)] = [
            (.gateway, address(view.gateways.pointer(0))),
            (.text, address(view.text.pointer(0))),
            (.listeners, address(view.listeners.pointer(0))),
            (.trustedBlocks, address(view.trustedBlocks.pointer(0))),
            (.methods, address(view.methods.pointer(0))),
            (.hosts, address(view.hosts.pointer(0))),
            (.treeNodes, address(view.treeNodes.pointer(0))),
            (.nodeExtras, address(view.nodeExtras.pointer(0))),
            (.literalSlots, address(view.literalSlots.pointer(0))),
            (.constrainedEdges, address(view.constrainedEdges.pointer(0))),
            (.prefixEdges, address(view.prefixEdges.pointer(0))),
            (.wholePathEdges, address(view.wholePathEdges.pointer(0))),
            (.automata, address(view.automata.pointer(0))),
            (.automatonBytes, address(view.automatonBytes.pointer(0))),
            (.mounts, address(view.mounts.pointer(0))),
            (.routes, address(view.routes.pointer(0))),
            (.routeTexts, address(view.routeTexts.pointer(0))),
            (.conditionSets, address(view.conditionSets.pointer(0))),
            (.conditions, address(view.conditions.pointer(0))),
            (.apis, address(view.apis.pointer(0))),
            (.versions, address(view.versions.pointer(0))),
            (.brownouts, address(view.brownouts.pointer(0))),
            (.programs, address(view.programs.pointer(0))),
            (.code, address(view.code.pointer(0))),
            (.upstreams, address(view.upstreams.pointer(0))),
            (.targets, address(view.targets.pointer(0))),
            (.groups, address(view.groups.pointer(0))),
            (.consumers, address(view.consumers.pointer(0))),
            (.credentials, address(view.credentials.pointer(0))),
            (.rateLimits, address(view.rateLimits.pointer(0))),
            (.rateSets, address(view.rateSets.pointer(0))),
            (.rates, address(view.rates.pointer(0))),
            (.rateTiers, address(view.rateTiers.pointer(0))),
            (.headerEdits, address(view.headerEdits.pointer(0))),
            (.headerFields, address(view.headerFields.pointer(0))),
            (.templates, address(view.templates.pointer(0))),
            (.templateParts, address(view.templateParts.pointer(0))),
            (.responses, address(view.responses.pointer(0))),
            (.nodes, address(view.nodes.pointer(0))),
            (.certificates, address(view.certificates.pointer(0))),
            (.listenerTLS, address(view.listenerTLS.pointer(0))),
            (.upstreamTLS, address(view.upstreamTLS.pointer(0))),
            (.addressSets, address(view.addressSets.pointer(0))),
            (.addressRanges, address(view.addressRanges.pointer(0))),
            (.crossOrigins, address(view.crossOrigins.pointer(0))),
            (.origins, address(view.origins.pointer(0))),
            (.revocations, address(view.revocations.pointer(0))),
            (.tokenPolicies, address(view.tokenPolicies.pointer(0))),
            (.tokenKeys, address(view.tokenKeys.pointer(0))),
            (.keySources, address(view.keySources.pointer(0))),
            (.claimRequirements, address(view.claimRequirements.pointer(0))),
            (.claimHeaders, address(view.claimHeaders.pointer(0))),
            (.tokenTexts, address(view.tokenTexts.pointer(0))),
            (.healthChecks, address(view.healthChecks.pointer(0))),
            (.statusRanges, address(view.statusRanges.pointer(0))), (.hashSlots, address(view.hashSlots.pointer(0))),
            (.authorizers, address(view.authorizers.pointer(0))), (.fieldNames, address(view.fieldNames.pointer(0))),
            (.introspections, address(view.introspections.pointer(0))),
            (.concurrencyLimits, address(view.concurrencyLimits.pointer(0))),
            (.faults, address(view.faults.pointer(0))), (.canaries, address(view.canaries.pointer(0))),
            (.canarySteps, address(view.canarySteps.pointer(0))),
            (.signaturePolicies, address(view.signaturePolicies.pointer(0))),
            (.queryEdits, address(view.queryEdits.pointer(0))),
            (.queryParameters, address(view.queryParameters.pointer(0))),
            (.canaryPieces, address(view.canaryPieces.pointer(0))),
            (.bodyEdits, address(view.bodyEdits.pointer(0))),
            (.bodyOperations, address(view.bodyOperations.pointer(0))),
            (.groupLists, address(view.groupLists.pointer(0))),
            (.redis, address(view.redis.pointer(0))),
        ]
        #expect(read.map(\.0) == TableSection.allCases)
        for (section, address) in read {
            let entry = TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
            let offset = table.memory.load(fromByteOffset: entry + TableLayout.entryFileOffsetOffset, as: UInt32.self)
            let start = UInt(bitPattern: table.memory.baseAddress) + UInt(offset)
            #expect(address == start, "\(section)")
        }
    }
}
