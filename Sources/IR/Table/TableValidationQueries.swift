extension TableView {
    /// Edits of queries.
    func validateQueries() throws(TableError) {
        try validateEdits(queryEdits, .queryEdits, of: queryParameters.count, "parameters") {
            (parameter, isRemoval) throws(TableError) in
            guard isRemoval else { return try validateValue(parameter) }
            let template = queryParameters[parameter].template
            try require(template == TableLayout.none, .queryParameters, parameter, "a removal has a value")
        }
        for index in 0..<queryParameters.count {
            try check(queryParameters[index].name, .queryParameters, index, "name")
            let name = bytes(queryParameters[index].name)
            try require(
                name.count > 0 && TableView.isVisible(name),
                .queryParameters,
                index,
                "the name is no name"
            )
        }
    }

    /// What a request line may hold as a part of a query.
    private func validateValue(_ parameter: Int) throws(TableError) {
        try check(queryParameters[parameter].template, below: templates.count, .queryParameters, parameter, "template")
        let parts = templates[queryParameters[parameter].template]
        try require(parts.count > 0, .queryParameters, parameter, "an empty parameter")
        for index in parts.first..<parts.first + parts.count where templateParts[index].capture == TableLayout.none {
            try require(
                TableView.isVisible(bytes(templateParts[index].text)),
                .queryParameters,
                parameter,
                "the value holds a control byte"
            )
        }
    }
}
