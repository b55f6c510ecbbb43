extension TableView {
    /// Constraint automata: parts that follow each other, classes and states in range.
    func validateAutomata() throws(TableError) {
        var end = 0
        for index in 0..<automata.count {
            let automaton = automata[index]
            let stateCount = Int(automaton.stateCount)
            let classCount = Int(automaton.classCount)
            try require(
                (1...TableLayout.automatonStateCountMax).contains(stateCount) && (1...256).contains(classCount),
                .automata,
                index,
                "its size is out of bounds"
            )
            let transitions = Int(automaton.transitionsOffset)
            let classes = transitions + 2 * stateCount * classCount
            guard transitions >= end, Int(automaton.classesOffset) == classes,
                Int(automaton.acceptingOffset) == classes + 256
            else { throw .disordered(section: "automata", record: index) }
            end = classes + 256 + stateCount
            guard end <= automatonBytes.count else {
                throw .outOfRange(section: "automata", record: index, field: "parts")
            }
            try require(transitions % 2 == 0, .automata, index, "its transitions are not aligned")
            for transition in 0..<stateCount * classCount {
                let state =
                    UInt16(automatonBytes[transitions + 2 * transition])
                    | UInt16(automatonBytes[transitions + 2 * transition + 1]) << 8
                try require(
                    state == RouteWalk.deadState || Int(state) < stateCount,
                    .automata,
                    index,
                    "a transition to no state"
                )
            }
            for byte in 0..<256 {
                try require(Int(automatonBytes[classes + byte]) < classCount, .automata, index, "a byte of no class")
            }
            for state in 0..<stateCount {
                try require(automatonBytes[classes + 256 + state] <= 1, .automata, index, "neither accepting nor not")
            }
        }
    }

    /// Routes and what they are chosen by, but for their places in the tree.
    func validateRoutes() throws(TableError) {
        try require(methods.count <= MethodTable.listedCountMax, .methods, methods.count, "too many methods")
        for index in 0..<methods.count {
            try check(methods[index], .methods, index, "name")
            try require(methods[index].count > 0, .methods, index, "no name")
        }
        try validateConditions()
        let listed: UInt32 = 1 << UInt32(MethodTable.knownCount + methods.count) - 1
        for index in 0..<routes.count {
            let route = unsafe routes.pointer(UInt32(index)).pointee
            guard Int(route.program) < programs.count, Int(route.conditionSet) < conditionSets.count,
                Int(route.node) < treeNodes.count
            else { throw .outOfRange(section: "routes", record: index, field: "program, conditions or node") }
            try require(
                route.methods == MethodTable.anyBit || (route.methods != 0 && route.methods & ~listed == 0),
                .routes,
                index,
                "unknown methods"
            )
            try require(
                route.flags & ~(RouteRecord.isLastFlag | RouteRecord.isSelectedFlag) == 0,
                .routes,
                index,
                "unknown flags"
            )
            let selector = unsafe apis.pointer(versions.pointer(version(ofRoute: UInt32(index))).pointee.api).pointee
                .selector
            try require(
                route.isSelected == (selector > SelectorKind.host.rawValue),
                .routes,
                index,
                "the API's selector does not fit the route's flag"
            )
        }
        if routes.count > 0 {
            try require(routes[routes.count - 1].isLast, .routes, routes.count - 1, "the last group does not end")
        }
        var previous = -1
        for index in 0..<routeTexts.count {
            try check(routeTexts[index].route, below: routes.count, .routeTexts, index, "route")
            try check(routeTexts[index].text, .routeTexts, index, "text")
            guard Int(routeTexts[index].route) > previous else {
                throw .disordered(section: "routeTexts", record: index)
            }
            previous = Int(routeTexts[index].route)
        }
        for index in 0..<mounts.count {
            try check(mounts[index].api, below: apis.count, .mounts, index, "api")
            if mounts[index].version != TableLayout.none,
                !apis[mounts[index].api].versions.contains(mounts[index].version)
            {
                throw .outOfRange(section: "mounts", record: index, field: "version")
            }
        }
    }

    private func validateConditions() throws(TableError) {
        var owned = Tiling(conditions.count, owner: .conditionSets, field: "conditions")
        for index in 0..<conditionSets.count { try owned.take(conditionSets[index], index) }
        try owned.finish()
        try require(
            conditionSets.count > 0 && conditionSets[0].count == 0,
            .conditionSets,
            0,
            "the first set is not empty"
        )
        for index in 0..<conditions.count {
            try check(conditions[index].name, .conditions, index, "name")
            try check(conditions[index].value, .conditions, index, "value")
        }
    }

    /// Hosts in order, each with a root of its own.
    func validateHosts() throws(TableError) {
        let named = Int(gateway.exactHostCount) + Int(gateway.wildcardHostCount)
        guard named <= hosts.count, hosts.count - named <= 1 else {
            throw .outOfRange(section: "gateway", record: 0, field: "exactHostCount, wildcardHostCount")
        }
        var owned = Tiling(wholePathEdges.count, owner: .hosts, field: "wholePathEdges")
        for index in 0..<hosts.count {
            let host = hosts[index]
            try owned.take(host.wholePathEdges, index)
            try check(host.name, .hosts, index, "name")
            try check(host.root, below: treeNodes.count, .hosts, index, "root")
            try require(host.isExhaustive <= 1, .hosts, index, "unknown flags")
            try require(treeNodes[host.root].arrival == TreeNodeKind.root.rawValue, .hosts, index, "its root is none")
            try require((host.name.count > 0) == (index < named), .hosts, index, "its name does not fit its kind")
            guard index > 0 else { continue }
            let before = hosts[index - 1]
            let isFirstOfKind = index == Int(gateway.exactHostCount) || index == named
            guard before.root < host.root, isFirstOfKind || bytes(before.name).precedes(bytes(host.name)) else {
                throw .disordered(section: "hosts", record: index)
            }
        }
        try owned.finish()
    }
}
